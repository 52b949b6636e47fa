import { t } from "../../i18n/i18n.ts";
import { fileSize } from "../../i18n/units.ts";
import { Icon } from "../../ui/icon.tsx";
import type { MediaBody } from "../content.ts";

/** A file to download. */
export function File({ media: { url, name, size } }: { media: MediaBody }) {
  const label = name || t("message.file");
  const inside = (
    <>
      <span class="file-icon">
        <Icon name="file" />
      </span>
      <span class="file-name">
        <bdi>{label}</bdi>
      </span>
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
