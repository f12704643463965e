import { describe, expect, test } from "vitest";
import { Confirm, HOLD_MS } from "../../src/xr/confirm";

/** Let time pass in frames of 20 ms; returns how often it said to send. */
function frames(confirm: Confirm, fromMs: number, forMs: number, obstacle = ""): number {
  let sent = 0;
  for (let ms = fromMs; ms <= fromMs + forMs; ms += 20) if (confirm.tick(ms, obstacle)) sent++;
  return sent;
}

describe("hold to confirm", () => {
  test("sends once, after the whole hold", () => {
    const confirm = new Confirm();
    confirm.open(0);
    expect(frames(confirm, 0, 5000)).toBe(0);
    confirm.press(1, 5000);
    expect(frames(confirm, 5000, HOLD_MS - 40)).toBe(0);
    expect(confirm.share).toBeGreaterThan(0.9);
    expect(frames(confirm, 5000 + HOLD_MS - 20, 2000)).toBe(1);
    expect(confirm.phase).toBe("closed");
    expect(confirm.cancelled).toBe("");
  });

  test("a press before the question means nothing", () => {
    const confirm = new Confirm();
    confirm.press(1, 0);
    confirm.open(10);
    expect(frames(confirm, 10, 3000)).toBe(0);
  });

  test("letting go starts anew, and the other hand neither helps nor hinders", () => {
    const confirm = new Confirm();
    confirm.open(0);
    confirm.press(1, 0);
    frames(confirm, 0, HOLD_MS - 100);
    confirm.release(0);
    expect(confirm.phase).toBe("holding");
    confirm.press(0, HOLD_MS - 100);
    confirm.release(1);
    expect(confirm.phase).toBe("asked");
    confirm.press(1, HOLD_MS);
    expect(frames(confirm, HOLD_MS, HOLD_MS - 40)).toBe(0);
  });

  test.each([
    ["the headset goes off", (confirm: Confirm) => confirm.interrupt("Cancelled: the headset was taken off.")],
    ["frames stop", (confirm: Confirm) => void confirm.tick(12_000, "")],
    ["the clock goes back", (confirm: Confirm) => void confirm.tick(1, "")],
    ["something comes between", (confirm: Confirm) => void confirm.tick(620, "Not connected.")],
  ])("%s: closed, told, and nothing is sent however long one holds", (_, happen) => {
    const confirm = new Confirm();
    confirm.open(0);
    confirm.press(1, 0);
    frames(confirm, 0, 600);
    happen(confirm);
    expect(confirm.phase).toBe("closed");
    expect(confirm.cancelled).not.toBe("");
    confirm.press(1, 12_100);
    expect(frames(confirm, 12_100, 5000)).toBe(0);
  });

  test("slow frames make the hold longer, not shorter", () => {
    const confirm = new Confirm();
    confirm.open(0);
    confirm.press(1, 0);
    const sent = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => confirm.tick(n * 1000, ""));
    expect(sent).toEqual([false, false, false, false, false, false, false, true]);
  });

  test("a question that nobody answers goes away, but not from under a hand", () => {
    const confirm = new Confirm();
    confirm.open(0);
    frames(confirm, 0, 61_000);
    expect(confirm.phase).toBe("closed");
    confirm.open(100_000);
    frames(confirm, 100_000, 59_500);
    confirm.press(1, 159_500);
    expect(frames(confirm, 159_520, HOLD_MS)).toBe(1);
  });
});
