/** How the page shows the plant: which picture, which look, what is laid over it; what of it lasts is kept. */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Look, PictureOptions, Section } from "../state/look";
import { keep, recall } from "./kept";

export type Picture = "3d" | "flat";

interface Kept {
  picture: string;
  look: string;
  /** Of the plan, which is calm unless somebody wants it otherwise. */
  planLook: string;
  touch: boolean;
}

const KEY = "plantverse.view";
const USUAL: Kept = { picture: "3d", look: "present", planLook: "operate", touch: false };
/** A press of a key moves the section by this part of the plant. */
const SECTION_STEP = 0.02;
/** What a key goes through. */
const SECTION_AXES: readonly Section["axis"][] = ["x", "z", "y"];

export class View {
  readonly picture: Signal<Picture>;
  /** Why the 3D picture gave way to the plan, or "". */
  readonly trouble = signal("");
  readonly look: ReadonlySignal<Look>;
  /** Targets for gloves. */
  readonly touch: Signal<boolean>;
  readonly heat = signal(false);
  readonly xray = signal(false);
  readonly section = signal<Section | null>(null);
  readonly options: ReadonlySignal<PictureOptions>;
  private readonly looks: Readonly<Record<Picture, Signal<Look>>>;
  /** The x-ray came with an alarm and goes with the choice of the machine. */
  private passing = false;

  /** `query` may name a picture (`view=flat`) and a look (`look=present`) for this visit. */
  constructor(query: URLSearchParams) {
    const kept = recall(KEY, USUAL);
    const asked = query.get("view") ?? kept.picture;
    this.picture = signal(asked === "flat" ? "flat" : "3d");
    const look = (name: string): Look => ((query.get("look") ?? name) === "present" ? "present" : "operate");
    this.looks = { "3d": signal(look(kept.look)), flat: signal(look(kept.planLook)) };
    this.look = computed(() => this.looks[this.picture.value].value);
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

  /** Of the picture that is shown. */
  setLook(look: Look): void {
    this.looks[this.picture.peek()].value = look;
    this.remember();
  }

  toggleHeat(): void {
    this.heat.value = !this.heat.peek();
  }

  toggleXray(): void {
    this.passing = false;
    this.xray.value = !this.xray.peek();
  }

  /** See through what stands around the chosen machine until another choice ends it. */
  xrayForNow(): void {
    if (this.xray.peek()) return;
    this.passing = true;
    this.xray.value = true;
  }

  /** Nothing is chosen any more. */
  choiceEnded(): void {
    if (this.passing) this.xray.value = false;
    this.passing = false;
  }

  toggleSection(): void {
    this.section.value = this.section.peek() ? null : { axis: "x", at: 0.5, flipped: false };
  }

  /** Off, across, along, level, off. */
  nextSection(): void {
    const section = this.section.peek();
    const axis = SECTION_AXES[section ? SECTION_AXES.indexOf(section.axis) + 1 : 0];
    this.section.value = axis ? { axis, at: section?.at ?? 0.5, flipped: section?.flipped ?? false } : null;
  }

  moveSection(steps: number): void {
    const section = this.section.peek();
    if (!section) return;
    this.section.value = { ...section, at: Math.min(1, Math.max(0, section.at + steps * SECTION_STEP)) };
  }

  setTouch(on: boolean): void {
    this.touch.value = on;
    this.remember();
  }

  private remember(): void {
    const { picture, looks, touch } = this;
    const kept: Kept = {
      picture: picture.peek(),
      look: looks["3d"].peek(),
      planLook: looks.flat.peek(),
      touch: touch.peek(),
    };
    keep(KEY, kept);
  }
}
