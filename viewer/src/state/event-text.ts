/** Events in one sentence each. */
import type { EventInfo } from "../protocol/messages.gen";
import { jsonText, numberText, wordsOf } from "./format";

type Body = Record<string, unknown>;

const DONE: Readonly<Record<string, string>> = {
  raised: "raised",
  returned: "back to normal",
  cleared: "cleared",
  acknowledged: "acknowledged",
  shelved: "shelved",
  unshelved: "unshelved",
  suppressed: "suppressed",
  unsuppressed: "no longer suppressed",
};

/** Return what happened, without time and twin. */
export function eventText(event: EventInfo): string {
  const { body } = event;
  switch (event.kind) {
    case "alarm":
      return alarmText(body);
    case "anomaly":
      return anomalyText(body);
    case "command":
      return `${str(body, "command") ? `${wordsOf(str(body, "command"))}: ` : ""}${str(body, "status")}${argsText(body)}${by(body)}${tail(body)}`;
    case "desired":
      return `Set ${pairs(body.patch)}: ${str(body, "status")}${by(body)}${tail(body)}`;
    case "birth":
      return `Online${str(body, "reason") ? `: ${str(body, "reason")}` : ""}`;
    case "death":
      return `Offline${str(body, "reason") ? `: ${str(body, "reason")}` : ""}`;
    case "structure":
      return `Twin ${str(body, "change") || "changed"}`;
    case "counter_reset":
      return `Counter ${str(body, "signal")} was reset from ${jsonText(body.from)} to ${jsonText(body.to)}`;
    case "history":
      return "History was filled in late";
    case "system":
      return str(body, "message") || "System message";
    default:
      return `${wordsOf(event.kind)} ${jsonText(body)}`;
  }
}

function alarmText(body: Body): string {
  const action = DONE[str(body, "action")] ?? str(body, "action");
  const message = str(body, "message") || str(body, "alarm");
  const value = typeof body.value === "number" ? `, value ${numberText(body.value)}` : "";
  const comment = str(body, "comment") ? ` “${str(body, "comment")}”` : "";
  return `${message} – ${action}${value}${by(body)}${comment}`;
}

function anomalyText(body: Body): string {
  const shares = Array.isArray(body.blamed) ? (body.blamed as Body[]) : [];
  const blamed = shares.slice(0, 2).map((share) => str(share, "signal"));
  const most = blamed.length > 0 ? `, most to blame ${blamed.join(", ")}` : "";
  return `Anomaly by ${str(body, "model")} ${str(body, "action")}, peak ${numberText(Number(body.peak))}${most}`;
}

function argsText(body: Body): string {
  const text = pairs(body.args);
  return text ? ` (${text})` : "";
}

function pairs(value: unknown): string {
  if (typeof value !== "object" || value === null) return "";
  return Object.entries(value)
    .map(([key, item]) => `${key} = ${jsonText(item)}`)
    .join(", ");
}

function by(body: Body): string {
  return str(body, "user") ? ` by ${str(body, "user")}` : "";
}

function tail(body: Body): string {
  return str(body, "message") ? `: ${str(body, "message")}` : "";
}

function str(body: Body, key: string): string {
  const value = body[key];
  return typeof value === "string" ? value : "";
}
