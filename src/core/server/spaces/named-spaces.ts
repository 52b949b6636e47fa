import { CoreError } from "../../../domain/errors.ts";
import type { ServerSpace } from "../../../domain/server/server-space.ts";
import type { SpaceRef } from "../../../domain/server/space-ref.ts";
import { findImportedSpaces, findSpaceById, type NamedSpace } from "../../../storage/data/imported-spaces.ts";
import { readServerSpace } from "../../../storage/server/server-spaces.ts";
import type { Core } from "../../context.ts";

/** A space as the backend sees it, dissolved ones included. @throws `not_found` */
export async function getServerSpace(core: Core, ref: SpaceRef): Promise<ServerSpace> {
  const found = await findNamed(core, ref);
  const space = found && (await readServerSpace(core.db, found.id));
  if (!space) throw noNamedSpace();
  return space;
}

/** The same of one that is there. @throws `not_found`, `conflict` for a dissolved one */
export async function requireSpace(core: Core, ref: SpaceRef): Promise<ServerSpace> {
  const space = await getServerSpace(core, ref);
  if (space.dissolvedAt !== null) throw isDissolved();
  return space;
}

/** What a backend's ref names, dissolved ones included; null: there is none. */
export async function findNamed(core: Core, ref: SpaceRef): Promise<NamedSpace | null> {
  if ("id" in ref) return findSpaceById(core.db, ref.id);
  return (await findImportedSpaces(core.db, [ref.externalId])).get(ref.externalId) ?? null;
}

/** The `not_found` for a ref that names no space. */
export function noNamedSpace(): CoreError {
  return new CoreError("not_found", "There is no such space.");
}

/** The `conflict` for a space that was dissolved. */
export function isDissolved(): CoreError {
  return new CoreError("conflict", "This space was dissolved. Its external id is not given again.");
}
