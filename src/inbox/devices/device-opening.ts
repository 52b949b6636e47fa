import { z } from "zod";
import { SocketOpening } from "../../object/socket-host.ts";

/** How a device socket is opened. */
export const DeviceOpening = SocketOpening.extend({
  /** the name of the wire format, as the composition root registered it */
  protocol: z.string(),
});
export type DeviceOpening = z.infer<typeof DeviceOpening>;
