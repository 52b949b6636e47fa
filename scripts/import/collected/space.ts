/** A role of the origin: what it allowed there is not taken. */
export interface SpaceRole {
  name: string;
  color?: string | undefined;
}

/** A space, and who is in it. */
export interface CollectedSpace {
  name: string;
  /** by external id; null: somebody who is made for it, as the owner reads all channels */
  owner: string | null;
  /** the members; a guest sees of the open channels those alone that they are in */
  members: Map<string, { isGuest: boolean; roles: Set<string> }>;
  /** roles by external id, the highest first */
  roles: Map<string, SpaceRole>;
  /** the names of categories by external id, in their order */
  categories: Map<string, string>;
  /** the export names all who are in a channel */
  namesMembers: boolean;
}
