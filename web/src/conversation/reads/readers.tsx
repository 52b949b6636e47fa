import { useLayoutEffect } from "preact/hooks";
import { short } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { useNames } from "../../state/use-names.ts";
import type { Receipt } from "./receipts.ts";

/** So many users are named; the others are counted. */
const NAMED = 100;

interface Props {
  /** who has read the message */
  readers: readonly (Receipt & { user: number })[];
  /** who has not */
  others: readonly number[];
  /** it has another size now */
  onShown: () => void;
}

/** Who has read a message, and who has not, by name. */
export function Readers({ readers, others, onShown }: Props) {
  const names = useNames([...readers.map(({ user }) => user), ...others].slice(0, NAMED));
  useLayoutEffect(onShown);
  const unnamed = readers.length + others.length - NAMED;
  return (
    <>
      {readers.length > 0 && <h4>{t("reads.by", { n: readers.length })}</h4>}
      <ul>
        {readers.slice(0, NAMED).map(({ user, at }) => (
          <li key={user}>
            <bdi>{names.get(user)}</bdi> {at > 0 && <small>{short(at)}</small>}
          </li>
        ))}
      </ul>
      {others.length > 0 && <h4>{t("reads.notBy", { n: others.length })}</h4>}
      <ul>
        {others.slice(0, Math.max(0, NAMED - readers.length)).map((user) => (
          <li key={user}>
            <bdi>{names.get(user)}</bdi>
          </li>
        ))}
      </ul>
      {unnamed > 0 && <p>{t("notice.others", { n: unnamed })}</p>}
    </>
  );
}
