/** What the link needs of a real browser. */
import { nowMs } from "../protocol/time";
import { FONT } from "../state/font";
import type { Link, Painter } from "./link";

/** Return the height of a row, pixels: one that a finger finds where fingers are used, else `desk`. */
export function rowHeight(desk: number): number {
  if (document.documentElement.dataset.touch === "true") return 48;
  return matchMedia("(max-width: 600px), (pointer: coarse)").matches ? 40 : desk;
}

export const painter: Painter = {
  hidden: () => document.hidden,
  beforePaint: (work) => requestAnimationFrame(work),
  // A task posted from an animation frame callback runs after the repaint.
  afterPaint: (work) => setTimeout(work, 0),
  nowMs,
};

/** Wake the link whenever the page may have been asleep. */
export function wakeWithPage(link: Link): void {
  const wake = () => link.wake();
  document.addEventListener("visibilitychange", () => !document.hidden && wake());
  document.addEventListener("resume", wake);
  window.addEventListener("pageshow", wake);
  window.addEventListener("online", wake);
}

/** Return the WebSocket URL of the sync endpoint next to this page. */
export function syncUrl(api: URL): string {
  const url = new URL("sync", api);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/** Return an id that no other request has; `randomUUID` exists only in secure contexts. */
export function requestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Wait until texts can be drawn on a canvas in our typeface, but not for long: what draws them does not draw them again. */
export function fontReady(): Promise<unknown> {
  const late = new Promise((resolve) => setTimeout(resolve, 500));
  return Promise.race([document.fonts.load(`600 16px ${FONT}`), late]).catch(() => {});
}

/** Return whether there is WebGL 2 here at all, for which a context is made and dropped. */
export function hasWebGl(): boolean {
  const gl = document.createElement("canvas").getContext("webgl2");
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return gl !== null;
}
