/** Panels in windows of their own, on another monitor: they share what is chosen with the page they came from. */
import type { Model } from "../ui/model";

export const PANELS = ["alarms", "trends", "events", "topics", "rejected", "edge", "details", "picture"] as const;
export type PanelName = (typeof PANELS)[number];

interface Shared {
  selected: string | null;
  trends: readonly string[];
}

/** What a window says once it knows the plant: it wants to hear what is chosen. */
const ASK = "what is chosen?";

/** Return the one panel that this window is for (`?panel=trends`), or null for the whole page. */
export function panelOf(query: URLSearchParams): PanelName | null {
  const asked = query.get("panel");
  return PANELS.find((name) => name === asked) ?? null;
}

/** Return the tab of the lower panel that a window is for, or null. */
export function tabOf(panel: PanelName | null): Exclude<PanelName, "details" | "picture"> | null {
  return panel === "details" || panel === "picture" ? null : panel;
}

/** Open a panel in a window of its own; it is the same page with the same server, so it lives on when this one closes. */
export function popOut(panel: PanelName): void {
  const url = new URL(location.href);
  url.searchParams.set("panel", panel);
  url.searchParams.delete("kiosk");
  window.open(url, `plantverse-${panel}`, "popup,width=1100,height=640");
}

/** Choose here what is chosen in the other windows of this browser, and the other way round. */
export function shareChoice(model: Model): void {
  if (!("BroadcastChannel" in globalThis)) return;
  const channel = new BroadcastChannel(`plantverse ${new URL(".", location.href).pathname}`);
  let hearing = false;
  const tell = () => {
    if (hearing) return;
    channel.postMessage({ selected: model.selected.peek(), trends: model.trends.peek() } satisfies Shared);
  };
  channel.onmessage = ({ data }: MessageEvent<Shared | typeof ASK>) => {
    if (data === ASK) {
      tell();
      return;
    }
    hearing = true;
    if (data.selected !== model.selected.peek()) model.select(data.selected);
    if (data.trends.join("\n") !== model.trends.peek().join("\n")) model.trends.value = data.trends;
    hearing = false;
  };
  // Subscribing calls at once; only what changes later is told.
  let begun = false;
  for (const shared of [model.selected, model.trends]) shared.subscribe(() => begun && tell());
  begun = true;
  if (model.panel === null) return;
  // A twin can't be selected before the plant is known.
  const stop = model.store.on("schema", () => {
    stop();
    channel.postMessage(ASK);
  });
}
