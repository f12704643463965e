/** A button that enters virtual reality, where the browser and the device offer it. */
import type { WebGLRenderer } from "three";

export async function offerXr(
  host: HTMLElement,
  renderer: WebGLRenderer,
  frame: (ms: number) => void,
): Promise<HTMLButtonElement | null> {
  const xr = navigator.xr;
  if (!xr || !(await xr.isSessionSupported("immersive-vr").catch(() => false))) return null;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plant3d-xr";
  button.textContent = "Enter VR";
  button.addEventListener("click", () => void enter(xr, renderer, frame, button));
  host.append(button);
  return button;
}

async function enter(
  xr: XRSystem,
  renderer: WebGLRenderer,
  frame: (ms: number) => void,
  button: HTMLButtonElement,
): Promise<void> {
  try {
    const session = await xr.requestSession("immersive-vr", { optionalFeatures: ["local-floor", "bounded-floor"] });
    renderer.xr.enabled = true;
    session.addEventListener("end", () => {
      renderer.setAnimationLoop(null);
      renderer.xr.enabled = false;
    });
    await renderer.xr.setSession(session);
    renderer.setAnimationLoop(frame);
  } catch (error) {
    button.textContent = "VR is not available";
    console.warn("no XR session", error);
  }
}
