import { t } from "../../i18n/i18n.ts";
import { Icon } from "../../ui/icon.tsx";
import { LATER } from "../../ui/later/icons.ts";

interface Props {
  latitude: number;
  longitude: number;
  address: string;
}

/** A place on earth. The link opens what the system shows maps with: no service is asked. */
export function Place({ latitude, longitude, address }: Props) {
  const point = `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
  return (
    <a class="file" href={`geo:${latitude},${longitude}`} title={t("message.openPlace")}>
      <span class="file-icon">
        <Icon name={LATER.place} />
      </span>
      <span class="file-name">
        <bdi>{address || t("message.location")}</bdi>
      </span>
      <small dir="ltr">{point}</small>
    </a>
  );
}
