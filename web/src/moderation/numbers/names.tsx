import { type StaffKey, st } from "../../i18n/staff.ts";

/** What the APIs are called. */
const APIS: Readonly<Record<string, StaffKey>> = {
  v1: "numbers.api.v1",
  appkey: "numbers.api.appkey",
  formpost: "numbers.api.formpost",
  incoming: "numbers.api.incoming",
  kook: "numbers.api.kook",
  telegram: "numbers.api.telegram",
  tim: "numbers.api.tim",
  usersig: "numbers.api.usersig",
  scheduled: "numbers.api.scheduled",
};

/** Why calls are refused. */
const CODES: Readonly<Record<string, StaffKey>> = {
  validation_failed: "numbers.code.validation_failed",
  unauthenticated: "numbers.code.unauthenticated",
  forbidden: "numbers.code.forbidden",
  suspended: "numbers.code.suspended",
  refused: "numbers.code.refused",
  held: "numbers.code.held",
  muted: "numbers.code.muted",
  slow_mode: "numbers.code.slow_mode",
  blocked: "numbers.code.blocked",
  not_found: "numbers.code.not_found",
  no_such_path: "numbers.code.no_such_path",
  method_not_allowed: "numbers.code.method_not_allowed",
  not_forwardable: "numbers.code.not_forwardable",
  conflict: "numbers.code.conflict",
  group_full: "numbers.code.group_full",
  full: "numbers.code.full",
  already_handled: "numbers.code.already_handled",
  too_late: "numbers.code.too_late",
  reset: "numbers.code.reset",
  upgrade_required: "numbers.code.upgrade_required",
  too_large: "numbers.code.too_large",
  range_not_satisfiable: "numbers.code.range_not_satisfiable",
  rate_limited: "numbers.code.rate_limited",
  quota: "numbers.code.quota",
  locked: "numbers.code.locked",
  internal: "numbers.code.internal",
  unavailable: "numbers.code.unavailable",
};

/** The name of an API, as metrics have it. Those of sockets end with what the sockets are for. */
function apiName(value: string): string {
  const [, name = value, socket] = /^(.+)_(room|device)$/.exec(value) ?? [];
  const key = APIS[name];
  const api = key ? st(key) : name;
  return socket ? st(socket === "room" ? "numbers.api.room" : "numbers.api.device", { api }) : api;
}

/** A label of the metrics in words, with itself beside them, as it is in the log. */
export function LabelName({ label, value }: { label: "surface" | "code"; value: string }) {
  const key = CODES[value];
  if (label === "surface") return <span title={value}>{apiName(value)}</span>;
  return key ? (
    <>
      {st(key)} <code>{value}</code>
    </>
  ) : (
    <code>{value}</code>
  );
}
