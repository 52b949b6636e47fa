import { z } from "zod";
import { UserId } from "../ids.ts";
import { textUpTo, unstorable } from "../text.ts";

/**
 * The id that a team's backend has for a user or a conversation: 1 to 128 characters of any script, without
 * control characters. It is compared letter by letter, and no other user is shown it.
 */
export const ExternalId = textUpTo(128)
  .regex(/^\P{Cc}+$/u, "must not be empty, nor hold control characters")
  .refine((text) => unstorable(text) === null, "must be well-formed Unicode")
  .brand<"ExternalId">();
export type ExternalId = z.infer<typeof ExternalId>;

/** A user as a backend names them: by their id, or by its own. */
export type UserRef = Ref<UserId>;

/** A user or a conversation as a backend names it. */
export type Ref<Id> = { readonly id: Id } | { readonly externalId: ExternalId };

const PREFIX = "ext:";

/** A user as a path or a header names them: `100001`, or `ext:` and the backend's id, after decoding. */
export const UserRefText = refText(UserId, "a user");

/** A user as JSON names them: by a number, or by `ext:` and the backend's id. */
export const UserRefJson = refJson(UserId, "a user");

/** A ref of one kind in JSON. @see refText */
export function refJson<Id extends z.ZodType>(Id: Id, what: string) {
  return z.union([z.number().transform(String), z.string()]).pipe(refText(Id, what));
}

/** A ref of one kind as text. @param what names the kind in the error */
export function refText<Id extends z.ZodType>(Id: Id, what: string) {
  return z.string().transform((text, context): Ref<z.output<Id>> => {
    if (text.startsWith(PREFIX)) {
      const externalId = ExternalId.safeParse(text.slice(PREFIX.length));
      if (externalId.success) return { externalId: externalId.data };
    }
    const id = Id.safeParse(/^\d{1,16}$/.test(text) ? Number(text) : undefined);
    if (id.success) return { id: id.data };
    const external = "`ext:` and 1 to 128 characters without control characters";
    context.addIssue(`must be the id of ${what}, or ${external}`);
    return z.NEVER;
  });
}
