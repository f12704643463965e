/** What can be said of a machine on the plan: to tests, and to those who hear the page. */
import type { FlatTwin } from "./twin";
import type { PlanView } from "./view";

export function answers(twin: FlatTwin, view: PlanView) {
  const [x, y] = [view.screenX(twin.x), view.screenY(twin.z)];
  return {
    x,
    y,
    onScreen: x >= 0 && y >= 0 && x <= view.width && y <= view.height,
    position: [twin.x, 0, twin.z],
    yawDeg: twin.place.yawDeg,
    visible: twin.shown,
    stale: twin.status.stale,
    alarm: twin.status.mark?.word.toLowerCase() ?? null,
    scale: view.now.scale,
    ...twin.describe(),
  };
}

/** What a reader of the screen says of a machine. */
export function spoken({ name, reading, status }: FlatTwin): string {
  const alarm = status.mark ? `${status.mark.word} alarm` : "";
  return [name, reading, alarm, status.offline ? "offline" : status.stale ? "stale" : ""].filter(Boolean).join(", ");
}
