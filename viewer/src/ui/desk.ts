/** The page's model as a person in a headset sees it. */
import type { Desk } from "../xr/desk";
import type { Model } from "./model";

export function deskOf(model: Model): Desk {
  return {
    store: model.store,
    requests: model.requests,
    traces: model.traces,
    replaying: () => model.replay.atUs.peek() !== null,
    selected: () => model.selected.peek(),
    select: (twin) => model.select(twin),
    nameOf: (twin) => model.nameOf(twin),
    invite: () => model.api.pair(),
    acknowledge: (alarm, comment) => model.act(alarm, "acknowledge", comment),
    invoke: (twin, command, title, args, reason) => model.invoke(twin, command, title, args, reason),
  };
}
