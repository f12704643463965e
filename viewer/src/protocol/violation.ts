/** The peer broke a rule of docs/spec/sync.md; the session closes and resumes. */
export class ProtocolViolation extends Error {
  constructor(
    readonly rule: string,
    message: string,
  ) {
    super(`${rule}: ${message}`);
    this.name = "ProtocolViolation";
  }
}
