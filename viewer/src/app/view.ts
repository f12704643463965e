/** How the page shows the plant: which picture, which look, what is laid over it; what of it lasts is kept. */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Look, PictureOptions, Section } from "../state/look";
import { keep, recall } from "./kept";

export type Picture = "3d" | "flat";

interface Kept {
  picture: string;
  look: string;
  touch: boolean;
}

const KEY = "plantverse.view";
const USUAL: Kept = { picture: "3d", look: "operate", touch: false };

export class View {
  readonly picture: Signal<Picture>;
  /** Why the 3D picture gave way to the plan, or "". */
  readonly trouble = signal("");
  readonly look: Signal<Look>;
  /** Targets for gloves. */
  readonly touch: Signal<boolean>;
  readonly heat = signal(false);
  readonly xray = signal(false);
  readonly section = signal<Section | null>(null);
  readonly options: ReadonlySignal<PictureOptions>;

  /** `query` may name a picture (`view=flat`) and a look (`look=present`) for this visit. */
  constructor(query: URLSearchParams) {
    const kept = recall(KEY, USUAL);
    const asked = query.get("view") ?? kept.picture;
    this.picture = signal(asked === "flat" ? "flat" : "3d");
    this.look = signal((query.get("look") ?? kept.look) === "present" ? "present" : "operate");
    this.touch = signal(kept.touch);
    this.options = computed(() => ({
      look: this.look.value,
      heat: this.heat.value,
      xray: this.xray.value,
      section: this.section.value,
    }));
  }

  /** The user's own choice of picture; it is remembered. */
  show(picture: Picture): void {
    this.trouble.value = "";
    this.picture.value = picture;
    this.remember();
  }

  /** The 3D picture cannot be: the plan takes over, for now. */
  giveWay(reason: string): void {
    this.trouble.value = reason;
    this.picture.value = "flat";
  }

  setLook(look: Look): void {
    this.look.value = look;
    this.remember();
  }

  setTouch(on: boolean): void {
    this.touch.value = on;
    this.remember();
  }

  private remember(): void {
    keep(KEY, { picture: this.picture.peek(), look: this.look.peek(), touch: this.touch.peek() } satisfies Kept);
  }
}
