/** Why a headset can't be used here, in words that say what to do. Pure. */

export type Mode = "vr" | "ar";

export interface Offer {
  mode: Mode;
  /** "" where it can be entered. */
  obstacle: string;
}

export interface Surroundings {
  /** The page came over HTTPS or from this very machine. */
  secure: boolean;
  /** The browser knows WebXR. */
  known: boolean;
  /** The device offers the mode. */
  supported: Record<Mode, boolean>;
}

export function offers({ secure, known, supported }: Surroundings): Offer[] {
  return (["vr", "ar"] as const).map((mode) => ({ mode, obstacle: obstacle(mode) }));

  function obstacle(mode: Mode): string {
    if (!secure) {
      return "Browsers give headsets to encrypted pages only. Start the server with `plantverse run --lan` and open the https address that it prints.";
    }
    if (!known) {
      return "This browser has no WebXR. In a headset its own browser has it; on a computer Chrome or Edge with a headset connected.";
    }
    if (supported[mode]) return "";
    if (mode === "ar" && supported.vr) return "This headset has no see-through mode for web pages; VR works.";
    return "No headset was found. Open this page in the headset's browser, or connect one and reload.";
  }
}
