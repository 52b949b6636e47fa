import type { ConversationStubs, RelayStubs } from "../conversation/stub.ts";
import type { FileOrigins } from "../domain/files/file-origins.ts";
import type { SharedRules } from "../domain/moderation/rules/shared.ts";
import type { ReadableMetrics } from "../domain/operation/metrics.ts";
import type { SecurityLog } from "../domain/security-event.ts";
import type { Settings } from "../domain/settings.ts";
import type { Timing } from "../domain/timing.ts";
import type { HookStubs } from "../hook/stub.ts";
import type { InboxStubs } from "../inbox/stub.ts";
import type { Database } from "../storage/database.ts";
import type { HashTurns } from "./accounts/hash-turns.ts";
import type { SessionCache } from "./accounts/session-cache.ts";
import type { ThumbnailTurns } from "./files/thumbnail-turns.ts";
import type { HealthCheck } from "./health-check.ts";
import type { KeyCache } from "./server/key-cache.ts";
import type { KeySets } from "./server/key-sets.ts";

/** The dependencies of every use-case; `src/app.ts` makes one for each request. */
export interface Core {
  db: Database;
  /** the bytes of files, in R2 */
  files: R2Bucket;
  /** makes smaller pictures; undefined: nothing does */
  images: ImagesBinding | undefined;
  /** the turns of the isolate that makes them */
  thumbnailTurns: ThumbnailTurns;
  conversations: ConversationStubs;
  /** hold room sockets of crowds */
  relays: RelayStubs;
  inboxes: InboxStubs;
  hooks: HookStubs;
  sessionCache: SessionCache;
  keyCache: KeyCache;
  /** the public keys of issuers */
  keySets: KeySets;
  /** A secret of the Worker by its name, as `AUTH_ISSUERS` names it; null: there is none. */
  secretOf(name: string): string | null;
  health: HealthCheck;
  /** the rules that texts are checked against, as the isolate knows them */
  rules: SharedRules;
  /** the client's share of the turns of the isolate */
  hashTurns: Pick<HashTurns, "run">;
  /** where security events are recorded */
  securityLog: SecurityLog;
  metrics: ReadableMetrics;
  /** the name of the API that the request is of */
  surface: string;
  /** how URLs of files are stored, and shown to the client */
  fileOrigins: FileOrigins;
  settings: Settings;
  timing: Timing;
  /** Keeps the request alive for work that continues after the answer. */
  waitUntil(work: Promise<unknown>): void;
}
