/** Virtual reality, where the browser and the device offer it: a button, a place to stand, and a pointer that picks. */
import { Vector3, type WebGLRenderer } from "three";

export interface XrHooks {
  /** Draw one frame, `ms` on the clock of animation frames. */
  frame(ms: number): void;
  /** Carry the viewer to where one stands (`true`), or take the camera back. */
  carry(present: boolean): void;
  /** A trigger or pinch with this ray, in the frame of the one who is carried. */
  pick(from: Vector3, along: Vector3): void;
}

/** Add the button; resolves to null where there is no virtual reality. */
export async function offerXr(
  host: HTMLElement,
  renderer: WebGLRenderer,
  hooks: XrHooks,
): Promise<HTMLButtonElement | null> {
  const { xr } = navigator;
  // A refusal by the page's permissions policy means the same as no device.
  const offered = xr ? await xr.isSessionSupported("immersive-vr").catch(() => false) : false;
  if (!xr || !offered) return null;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plant3d-xr";
  button.textContent = "Enter VR";
  button.addEventListener("click", () => {
    enter(xr, renderer, hooks).catch((error: Error) => {
      button.textContent = `VR is not available: ${error.message}`;
    });
  });
  host.append(button);
  return button;
}

async function enter(xr: XRSystem, renderer: WebGLRenderer, hooks: XrHooks): Promise<void> {
  const session = await xr.requestSession("immersive-vr", { optionalFeatures: ["local-floor", "bounded-floor"] });
  renderer.xr.enabled = true;
  session.addEventListener("end", () => {
    renderer.setAnimationLoop(null);
    renderer.xr.enabled = false;
    hooks.carry(false);
  });
  session.addEventListener("select", (event) => {
    const ray = rayOf(event, renderer);
    if (ray) hooks.pick(ray.from, ray.along);
  });
  await renderer.xr.setSession(session);
  hooks.carry(true);
  renderer.setAnimationLoop((ms) => hooks.frame(ms));
}

function rayOf(event: XRInputSourceEvent, renderer: WebGLRenderer): { from: Vector3; along: Vector3 } | null {
  const space = renderer.xr.getReferenceSpace();
  const pose = space && event.frame.getPose(event.inputSource.targetRaySpace, space);
  if (!pose) return null;
  const { position, orientation } = pose.transform;
  return {
    from: new Vector3(position.x, position.y, position.z),
    along: new Vector3(0, 0, -1).applyQuaternion(orientation),
  };
}
