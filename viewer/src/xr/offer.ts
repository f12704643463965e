/** The two buttons that lead into the headset; all else of it is loaded when one of them is pressed. */
import type { ApiError } from "../app/api";
import { sentence } from "../state/format";
import type { Desk } from "./desk";
import type { Experience } from "./experience";
import type { HeadsetHost } from "./host";
import { type Mode, offers } from "./why";

const TITLES: Record<Mode, string> = { vr: "VR", ar: "AR" };
const SESSIONS: Record<Mode, XRSessionMode> = { vr: "immersive-vr", ar: "immersive-ar" };
const FEATURES: XRSessionInit = { requiredFeatures: ["local-floor"], optionalFeatures: ["hand-tracking"] };

export class HeadsetOffer {
  /** The session under way, if any. */
  experience: Experience | null = null;
  private readonly root = document.createElement("div");
  private readonly note = document.createElement("p");
  private entering = false;

  constructor(
    host: HTMLElement,
    private readonly makeHost: () => HeadsetHost,
    private readonly desk: Desk,
  ) {
    this.root.className = "plant3d-xr";
    this.note.setAttribute("role", "status");
    host.append(this.root);
    void this.look();
    // A headset that is connected while the page is open.
    navigator.xr?.addEventListener?.("devicechange", this.look);
  }

  dispose(): void {
    navigator.xr?.removeEventListener?.("devicechange", this.look);
    this.experience?.close();
    this.root.remove();
  }

  private readonly look = async (): Promise<void> => {
    const { xr } = navigator;
    // A refusal by the page's permissions policy means the same as no device.
    const can = async (mode: XRSessionMode) => (await xr?.isSessionSupported(mode).catch(() => false)) ?? false;
    const supported = { vr: await can("immersive-vr"), ar: await can("immersive-ar") };
    const buttons = offers({ secure: isSecureContext, known: xr !== undefined, supported }).map(
      ({ mode, obstacle }) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = TITLES[mode];
        button.title = obstacle || (mode === "vr" ? "Enter the plant with a headset" : "Put the plant on a table");
        button.setAttribute("aria-label", mode === "vr" ? "Enter VR" : "Enter AR");
        button.classList.toggle("is-off", obstacle !== "");
        button.addEventListener("click", () => (obstacle ? this.say(obstacle) : void this.enter(mode)));
        return button;
      },
    );
    this.root.replaceChildren(this.note, ...buttons);
  };

  /** Say why not, with the way to a headset; a second press closes it. */
  private say(words: string): void {
    const open = this.note.textContent?.startsWith(words) === true;
    this.note.textContent = open ? "" : words;
    if (open) return;
    const ask = document.createElement("button");
    ask.type = "button";
    ask.textContent = "Open it in a headset…";
    ask.addEventListener("click", () => void this.invite());
    this.note.append(ask);
  }

  /** Address, code and QR code for a headset or phone. */
  private async invite(): Promise<void> {
    try {
      const { address, code, lasts_s, qr } = await this.desk.invite();
      const picture = document.createElement("img");
      picture.alt = `QR code of ${address} with the code`;
      picture.src = `data:image/svg+xml,${encodeURIComponent(qr)}`;
      const [where, what] = [document.createElement("strong"), document.createElement("strong")];
      where.textContent = address;
      what.textContent = `${code.slice(0, 3)} ${code.slice(3)}`;
      const minutes = Math.round(lasts_s / 60);
      this.note.replaceChildren(
        "In the headset's browser open ",
        where,
        ", accept the certificate and type the code ",
        what,
        `. It works once, within ${minutes} minutes.`,
        picture,
      );
    } catch (error) {
      const { message, hint } = error as ApiError;
      this.note.textContent = [sentence(message), sentence(hint ?? "")].join(" ").trim();
    }
  }

  private async enter(mode: Mode): Promise<void> {
    if (this.entering || this.experience) return;
    this.entering = true;
    this.note.textContent = "";
    let session: XRSession | null = null;
    try {
      // Asked for at once: the press that allows it is soon forgotten, while the code still comes.
      const asked = navigator.xr!.requestSession(SESSIONS[mode], FEATURES);
      const [opened, { Experience }] = await Promise.all([asked, import("./experience")]);
      session = opened;
      session.addEventListener("end", () => {
        this.experience = null;
      });
      this.experience = new Experience(session, mode, this.makeHost(), this.desk);
      await this.experience.start();
    } catch (error) {
      this.note.textContent = `The headset could not be entered: ${(error as Error).message}`;
      void session?.end().catch(() => {});
    } finally {
      this.entering = false;
    }
  }
}
