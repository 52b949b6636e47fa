import type { Person } from "../../../domain/accounts/person.ts";
import { ProfileFields } from "../../../domain/accounts/user.ts";
import { fileUrl } from "../../../domain/files/file-origins.ts";
import type { UserId } from "../../../domain/ids.ts";
import { ExternalId } from "../../../domain/server/user-ref.ts";
import {
  findImportedConversations,
  findImportedFiles,
  findImportedUsers,
  type ImportedConversation,
  type ImportedUser,
} from "../../../storage/data/external-ids.ts";
import { findImportedSpaces, type NamedSpace } from "../../../storage/data/imported-spaces.ts";
import type { Database } from "../../../storage/database.ts";

/** What an import has looked up by external ids, each once. */
export class Known {
  readonly #db: Database;
  readonly users = new Map<ExternalId, ImportedUser>();
  readonly conversations = new Map<ExternalId, ImportedConversation>();
  readonly spaces = new Map<ExternalId, NamedSpace>();
  /** the URLs of files, as they are stored */
  readonly files = new Map<ExternalId, string>();
  readonly #people = new Map<UserId, Person>();

  constructor(db: Database) {
    this.#db = db;
  }

  async learnUsers(refs: ExternalId[]): Promise<void> {
    const unknown = lacking(this.users, refs);
    if (unknown.length === 0) return;
    for (const [ref, user] of await findImportedUsers(this.#db, unknown)) {
      this.users.set(ref, user);
      if (user.person) this.#people.set(user.id, user.person);
    }
  }

  async learnConversations(refs: ExternalId[]): Promise<void> {
    const unknown = lacking(this.conversations, refs);
    if (unknown.length === 0) return;
    for (const [ref, found] of await findImportedConversations(this.#db, unknown))
      this.conversations.set(ref, found);
  }

  async learnSpaces(refs: ExternalId[]): Promise<void> {
    const unknown = lacking(this.spaces, refs);
    if (unknown.length === 0) return;
    for (const [ref, found] of await findImportedSpaces(this.#db, unknown)) this.spaces.set(ref, found);
  }

  async learnFiles(refs: ExternalId[]): Promise<void> {
    const unknown = lacking(this.files, refs);
    if (unknown.length === 0) return;
    for (const [ref, file] of await findImportedFiles(this.#db, unknown)) this.files.set(ref, fileUrl(file));
  }

  /** Those of the users who are not deleted, each once. */
  people(ids: UserId[]): Person[] {
    return [...new Set(ids)].flatMap((id) => this.#people.get(id) ?? []);
  }

  /** Notes the avatar of a user, which was just stored. */
  setAvatar(id: UserId, avatar: string): void {
    const person = this.#people.get(id);
    if (person) this.#people.set(id, { ...person, avatar });
  }

  /** The URL of an avatar that a record has as one, or as a file; "": it cannot be had here. */
  avatarOf(avatar: string): string {
    const ref = fileRef(avatar);
    return ProfileFields.shape.avatar.catch("").parse(ref === null ? avatar : (this.files.get(ref) ?? ""));
  }
}

function lacking(known: ReadonlyMap<ExternalId, unknown>, refs: ExternalId[]): ExternalId[] {
  return [...new Set(refs)].filter((ref) => !known.has(ref));
}

/** Before the external id of a file, where an avatar has a URL otherwise. */
const FILE = "file:";

/** The file that is an avatar; null: it is none. */
export function fileRef(avatar: string): ExternalId | null {
  const ref = ExternalId.safeParse(avatar.slice(FILE.length));
  return avatar.startsWith(FILE) && ref.success ? ref.data : null;
}
