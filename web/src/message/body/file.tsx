import type { MediaBody } from "parley-react/message";
import { graphemes } from "parley-react/text";
import { t } from "../../i18n/i18n.ts";
import { fileSize } from "../../i18n/units.ts";
import { Icon } from "../../ui/icon.tsx";

/** Two lines take a name of so many letters, or of so many where some are wide, as Chinese ones are. */
const LONG = 48;
const LONG_IF_WIDE = 26;
/** So many characters at the end of a name stay in sight, with its extension. */
const END = 10;

/** A file to download. */
export function File({ media: { url, name, size } }: { media: MediaBody }) {
  const label = name || t("message.file");
  const inside = (
    <>
      <span class="file-icon">
        <Icon name="file" />
      </span>
      <Name name={label} />
      <small>{size > 0 ? fileSize(size) : t("message.file")}</small>
    </>
  );
  if (!url) return <span class="file">{inside}</span>;
  return (
    <a
      class="file"
      href={url}
      download={name}
      target="_blank"
      rel="noopener noreferrer"
      title={t("message.download", { name: label })}
    >
      {inside}
    </a>
  );
}

/** The name of a file. A long one loses its middle, not its end, where there is no room. */
function Name({ name }: { name: string }) {
  const characters = graphemes(name);
  if (characters.length <= (/[\u2e80-\uffff]/.test(name) ? LONG_IF_WIDE : LONG))
    return (
      <span class="file-name">
        <bdi>{name}</bdi>
      </span>
    );
  return (
    <>
      <span class="visually-hidden">{name}</span>
      <span class="file-name" data-long dir="auto" aria-hidden="true">
        <bdi>{characters.slice(0, -END).join("")}</bdi>
        <bdi>{characters.slice(-END).join("")}</bdi>
      </span>
    </>
  );
}
