/** What is laid over all twins at once: the quiet look, the x-ray, the section, ages as colours. */
import { DoubleSide, FrontSide, type Material, type Vector4 } from "three";
import { heatOf, twinAgeS } from "../state/heat";
import { type PictureOptions, PLAIN } from "../state/look";
import type { MachineUniforms } from "./material";
import type { TwinView } from "./twin-view";

/** A change of age that no eye sees on the scale of colours. */
const LEAST_HEAT = 0.005;

export class Overlays {
  /** Id of the twin that the x-ray leaves solid. */
  centre: string | null = null;
  private options: PictureOptions = PLAIN;

  constructor(
    private readonly source: { ageS(slot: number): number },
    private readonly uniforms: MachineUniforms,
  ) {}

  /** `cut` is the plane of the section; `materials` are all that machines are drawn with. */
  setOptions(options: PictureOptions, cut: Vector4, materials: readonly Material[]): void {
    const { uniforms } = this;
    this.options = options;
    uniforms.quiet.value = options.look === "operate" ? 1 : 0;
    uniforms.heatOn.value = options.heat ? 1 : 0;
    uniforms.cut.value.copy(cut);
    // Through the cut one looks into machines, where only back faces are.
    const side = options.section ? DoubleSide : FrontSide;
    for (const material of materials) {
      if (material.side === side) continue;
      material.side = side;
      material.needsUpdate = true;
    }
  }

  layAll(views: Iterable<TwinView>): void {
    for (const view of views) this.lay(view);
  }

  /** Bring a twin up to date; what has an alarm stays half solid. Returns whether it looks otherwise now. */
  lay(view: TwinView): boolean {
    const { options, centre } = this;
    const aside = options.xray && centre !== null && view.info.id !== centre;
    const ghost = aside ? (view.status.mark ? 0.5 : 1) : 0;
    const heat = options.heat ? heatOf(twinAgeS(view.info, this.ageS)) : -1;
    if (ghost === view.ghost && Math.abs(heat - view.heat) < LEAST_HEAT) return false;
    view.ghost = ghost;
    view.heat = heat;
    view.writeLook();
    return true;
  }

  private readonly ageS = (slot: number) => this.source.ageS(slot);
}
