/** What stands around the twins, as the server tells it. */

export interface HallPicture {
  url: string;
  position: [number, number, number];
  yaw_deg: number;
  /** Metres per unit of the file. */
  scale: number;
  /** Twin ids by the names of the nodes that are their pictures. */
  nodes: Record<string, string>;
}

export interface FloorPicture {
  url: string;
  /** Metres along x and z, and where the middle lies. */
  width: number;
  depth: number;
  offset: [number, number];
  opacity: number;
}

export interface Surroundings {
  hall: HallPicture | null;
  floor: FloorPicture | null;
  /** In words for people. */
  problems: string[];
}
