/** A screen on the wall: no controls, one view after the other, awake, and back by itself after whatever happened. */
import { signal } from "@preact/signals";
import { needsAcknowledge } from "../state/alarms";
import { type Stop, Tour } from "../state/tour";
import type { Model } from "../ui/model";

const USUAL_S = 20;
const RETRY_MS = 15_000;

/** A stop of the tour: a kept view by its index, or an area by its name. */
type Place = number | string;

export class Kiosk {
  readonly on = signal(false);
  private tour: Tour<Place> | null = null;
  private lock: WakeLockSentinel | null = null;
  private retriedMs = 0;

  constructor(
    private readonly model: Model,
    private readonly stopS = USUAL_S,
  ) {
    // The browser lets go of the screen with every change of tab.
    document.addEventListener("visibilitychange", () => {
      if (this.on.peek() && !document.hidden) void this.keepAwake();
    });
  }

  start(): void {
    this.tour = new Tour(this.stopS * 1e3, this.model.store.serverNowUs());
    this.on.value = true;
    void this.keepAwake();
  }

  stop(): void {
    this.tour = null;
    this.on.value = false;
    void this.lock?.release();
    this.lock = null;
  }

  /** Time has gone by. */
  advance(nowMs: number): void {
    const { store, link, scene } = this.model;
    if (!this.tour) return;
    if (store.connection.phase === "stopped" && nowMs - this.retriedMs > RETRY_MS) {
      this.retriedMs = nowMs;
      link.retry();
    }
    if (!store.live || !scene.peek()) return;
    const waiting = store.liveAlarms.sorted().filter(needsAcknowledge);
    const stop = this.tour.next(nowMs, waiting, this.places());
    if (stop) this.go(stop);
  }

  private places(): Place[] {
    const kept = this.model.bookmarks.peek();
    if (kept.length > 0) return kept.map((_, index) => index);
    return [...new Set([...this.model.store.twins.values()].map(({ area }) => area).filter(Boolean))].sort();
  }

  private go(stop: Stop<Place>): void {
    const { model } = this;
    if (stop.kind === "alarm") {
      model.visit(stop.alarm.twin, stop.alarm.signal, stop.alarm.sinceUs);
      return;
    }
    model.select(null);
    if (stop.kind === "overview") model.scene.peek()?.frameTwin(null);
    else if (typeof stop.place === "number") model.goToView(stop.place);
    else model.scene.peek()?.frameArea(stop.place);
  }

  private async keepAwake(): Promise<void> {
    try {
      this.lock = (await navigator.wakeLock?.request("screen")) ?? null;
    } catch {
      // Without a secure context or on a low battery the browser refuses; the system's own setting then counts.
    }
  }
}

/** Return the seconds per stop that the page's address asks for (`?kiosk`, `?kiosk=30`), or null. */
export function kioskSeconds(query: URLSearchParams): number | null {
  const asked = query.get("kiosk");
  if (asked === null) return null;
  const seconds = Number(asked);
  return asked !== "" && Number.isFinite(seconds) && seconds >= 3 ? Math.min(seconds, 3600) : USUAL_S;
}
