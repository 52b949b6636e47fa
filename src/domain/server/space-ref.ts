import { SpaceId } from "../ids.ts";
import { type Ref, refText } from "./user-ref.ts";

/** A space as a backend names it: by its id, or by the backend's own. */
export type SpaceRef = Ref<SpaceId>;

/** A space as a path names it: `7`, or `ext:` and the backend's id, after decoding. */
export const SpaceRefText = refText(SpaceId, "a space");
