import type { CategoryId } from "../ids.ts";

/** What channels of a space are shown under. */
export interface StoredCategory {
  id: CategoryId;
  name: string;
}
