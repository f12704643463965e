/** Why something can't be asked of the plant now, in the words of the desktop and of the headset alike. */
import type { CommandInfo } from "../protocol/messages.gen";
import { ageText } from "./format";
import { mayDo } from "./roles";
import type { Store } from "./store";

/** Return why nothing may be asked that needs the role `least`, or "". */
export function askObstacle(store: Store, replaying: boolean, least: string): string {
  const { phase, welcome } = store.connection;
  if (phase !== "live" || !welcome) return "Not connected.";
  if (replaying) return "This is the past: go back to live first.";
  if (!mayDo(welcome.role, least)) return `Needs the role ${least}; yours is ${welcome.role}.`;
  return "";
}

/** Return why the command can't be given now, or "". The server holds to the same rule, whoever asks. */
export function commandObstacle(
  store: Store,
  replaying: boolean,
  twin: string,
  command: Pick<CommandInfo, "role">,
): string {
  const refused = askObstacle(store, replaying, command.role);
  if (refused) return refused;
  if (store.worstOf(twin).offline) return "The device is offline.";
  const measured = store.twins.get(twin)?.signals.filter((signal) => signal.bound && !signal.derived) ?? [];
  if (measured.length === 0 || measured.some(({ slot }) => !store.isStale(slot))) return "";
  const youngest = Math.min(...measured.map(({ slot }) => store.ageS(slot)).filter((age) => !Number.isNaN(age)));
  if (!Number.isFinite(youngest)) return "The device has never sent a value.";
  return `The device is silent: its newest value is ${ageText(youngest)} old.`;
}
