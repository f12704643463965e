/** The selected twin and the one under the pointer: brighter, and with a line around. */
import type { Scene } from "three";
import { Outline } from "./outline";
import type { Plant } from "./plant";
import type { Palette } from "./theme";
import type { TwinView } from "./twin-view";

const HOVER = 0.35;
const SELECTED = 0.5;

export class Chosen {
  selected: string | null = null;
  hovered: string | null = null;
  private readonly selection = new Outline(2.5);
  private readonly hover = new Outline(1.5);

  constructor(
    private readonly plant: Plant,
    scene: Scene,
  ) {
    scene.add(this.selection.group, this.hover.group);
  }

  setPalette(palette: Palette): void {
    this.selection.setColor(palette.accent);
    this.hover.setColor(palette.hover);
  }

  /** Returns whether it is another one than before. */
  select(id: string | null): boolean {
    if (id === this.selected) return false;
    this.plant.highlight(this.selected, 0);
    this.selected = id;
    this.plant.highlight(id, SELECTED);
    this.outline();
    return true;
  }

  /** Returns whether it is another one than before. */
  point(id: string | null): boolean {
    if (id === this.hovered) return false;
    if (this.hovered !== this.selected) this.plant.highlight(this.hovered, 0);
    this.hovered = id;
    if (id !== this.selected) this.plant.highlight(id, HOVER);
    this.outline();
    return true;
  }

  /** The plant was made anew, at least in part. */
  refresh(): void {
    this.plant.highlight(this.selected, SELECTED);
  }

  /** Put the lines around the twins as they are drawn now. */
  outline(): void {
    this.selection.show(this.view(this.selected));
    this.hover.show(this.hovered === this.selected ? null : this.view(this.hovered));
  }

  /** Follow the twins; `fieldTan` and `height` as for an outline. */
  update(fieldTan: number, height: number): void {
    this.selection.update(fieldTan, height);
    this.hover.update(fieldTan, height);
  }

  dispose(): void {
    this.selection.dispose();
    this.hover.dispose();
  }

  private view(id: string | null): TwinView | null {
    return (id !== null && this.plant.views.get(id)) || null;
  }
}
