import { Problem } from "parley-client";

/** Whether something was refused because of one input. @param name its path in the body */
export function isAbout(error: unknown, name: string): boolean {
  return error instanceof Problem && error.errors?.[0]?.path === `body.${name}`;
}
