/** In which order the parts of the room are drawn: over the plant, whatever stands nearer, and among themselves by depth. */
export const ORDER = { tags: 60, darkness: 900, clear: 1000, panel: 1010, gear: 1020, beam: 1030 } as const;
