import { Color, Group, type InstancedBufferAttribute, PlaneGeometry, ShaderMaterial, Vector3 } from "three";
import { describe, expect, it } from "vitest";
import { FIRST, Instances } from "../../src/scene/signs";

describe("signs", () => {
  it("draws each of five thousand, wherever the room was enlarged", () => {
    const signs = new Instances(new PlaneGeometry(1, 1), new ShaderMaterial());
    new Group().add(signs.mesh);
    signs.start();
    for (let i = 0; i < 5000; i++) signs.add(new Vector3(i, 0, 0), i % 6, new Color(), i % 2);
    signs.finish();
    const place = signs.mesh.geometry.getAttribute("place") as InstancedBufferAttribute;
    const look = signs.mesh.geometry.getAttribute("look") as InstancedBufferAttribute;
    expect(signs.mesh.geometry.instanceCount).toBe(5000);
    for (const i of [0, FIRST - 1, FIRST, 4096, 4999]) {
      expect([place.getX(i), place.getW(i), look.getW(i)]).toEqual([i, i % 6, i % 2]);
    }
  });

  it("draws none after a start without signs", () => {
    const signs = new Instances(new PlaneGeometry(1, 1), new ShaderMaterial());
    signs.start();
    signs.add(new Vector3(), 1, new Color(), 0);
    signs.finish();
    expect(signs.mesh.visible).toBe(true);
    signs.start();
    signs.finish();
    expect(signs.mesh.visible).toBe(false);
  });
});
