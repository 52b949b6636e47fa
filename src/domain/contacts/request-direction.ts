import { z } from "zod";

/** Which requests for friendship of a user: those that they have received, or those that they have sent. */
export const RequestDirection = z.enum(["incoming", "outgoing"]);

export type RequestDirection = z.infer<typeof RequestDirection>;
