import type { components } from "parley-client";
import { Fragment } from "preact";
import { when } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { Time } from "../../i18n/time.tsx";
import { useAccount } from "../../state/context.ts";
import { useNames } from "../../state/use-names.ts";
import { usePages } from "../../state/use-pages.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { More } from "../../ui/more.tsx";
import { roleName } from "../roles/role-name.tsx";
import { type Role, useRoles } from "../roles/use-roles.ts";
import { categoriesOf, channelsOf, type Space } from "../state.ts";
import { changesOf } from "./changes.ts";

type Entry = components["schemas"]["SpaceAuditEntry"];

const PAGE = 50;

/** What was done in a space, the newest first, for who may see it. */
export function AuditDialog({ space: { id }, onClose }: { space: Space; onClose: () => void }) {
  const { chat } = useAccount();
  const roles = useRoles(id).value ?? [];
  const pages = usePages((query) =>
    chat.api.call("get", "/v1/spaces/{id}/audit", { path: { id }, query: { ...query, limit: PAGE } }),
  );
  const people = (pages.items ?? []).flatMap(({ by, of }) => [by, of.user_id ?? 0]);
  const names = useNames([...new Set(people)].filter((one) => one > 0));
  const nameOf = (user: number) => names.get(user) ?? `#${user}`;
  return (
    <Dialog title={t("audit.title")} onClose={onClose}>
      <ol class="audit" aria-label={t("audit.title")}>
        {pages.items?.map((entry, i) => (
          // Nothing of the log changes, and it grows at its end.
          <li key={i}>
            <p>
              <bdi>{nameOf(entry.by)}</bdi> {t(`audit.${entry.action}`)}
              <Subjects of={subjectsOf(entry, { id, roles, nameOf })} />
            </p>
            {changesOf(entry).map((change) => (
              <p key={change} dir="auto">
                {change}
              </p>
            ))}
            <small>
              <Time at={entry.at} as={when} />
            </small>
          </li>
        ))}
      </ol>
      <More pages={pages} icon="clock" empty={t("audit.none")} />
    </Dialog>
  );
}

/** To whom and to what something was done, behind what was done. */
function Subjects({ of }: { of: readonly string[] }) {
  if (of.length === 0) return null;
  return (
    <>
      {": "}
      {of.map((name, i) => (
        <Fragment key={name}>
          {i > 0 && ", "}
          <bdi>{name}</bdi>
        </Fragment>
      ))}
    </>
  );
}

interface Known {
  /** the space */
  id: number;
  roles: readonly Role[];
  nameOf: (user: number) => string;
}

/** The names of those to whom and of what something was done. What is over is called as it was then. */
function subjectsOf({ of, from, to }: Entry, { id, roles, nameOf }: Known): readonly string[] {
  const { user_id: user, role_id: roleId, conversation_id: channelId, category_id: categoryId } = of;
  const noted = [from?.name, to?.name].find((name) => typeof name === "string");
  const subjects: string[] = [];
  if (user) subjects.push(nameOf(user));
  if (roleId !== undefined) {
    const role = roles.find((one) => one.id === roleId);
    subjects.push(role ? roleName(role) : String(noted ?? t("audit.role")));
  }
  if (channelId) {
    const channel = channelsOf(id)?.find((one) => one.id === channelId);
    subjects.push(`# ${channel?.name ?? noted ?? channelId}`);
  }
  if (categoryId) {
    const category = categoriesOf(id).find((one) => one.id === categoryId);
    subjects.push(String(category?.name ?? noted ?? t("category.title")));
  }
  return subjects;
}
