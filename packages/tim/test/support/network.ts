import { onTestFinished } from "vitest";
import { Network } from "../../../client/test/support/network.ts";
import { Server } from "../../../client/test/support/server.ts";
import { User } from "./user.ts";

/** A way to a server that a test can cut. */
export async function network(server = Server.shared()): Promise<Network> {
  const made = await Network.to(server.origin);
  onTestFinished(() => made[Symbol.asyncDispose]());
  return made;
}

/** A user who comes over a network, and another device of theirs that stands for what is true. */
export async function twoWays(name: string, over: Network, server = Server.shared()): Promise<[User, User]> {
  const near = await User.ready(name, server);
  return [await User.onDevice(near.userID, near.token, over.origin), near];
}
