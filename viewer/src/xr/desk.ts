/** What a person in the headset may see and do: the page's own model, and nothing besides it. */
import type { PairingOffer } from "../app/api";
import type { Alarm } from "../state/alarms";
import type { Requests } from "../state/requests";
import type { Store } from "../state/store";
import type { Traces } from "../state/traces";

export interface Desk {
  readonly store: Store;
  readonly requests: Requests;
  readonly traces: Traces;
  /** A moment of the past is shown. */
  replaying(): boolean;
  selected(): string | null;
  select(twin: string | null): void;
  nameOf(twin: string): string;
  /** A code with which a headset opens this page as the same user. */
  invite(): Promise<PairingOffer>;
  acknowledge(alarm: Alarm, comment: string): void;
  invoke(twin: string, command: string, title: string, args: Record<string, unknown>, reason: string): void;
}
