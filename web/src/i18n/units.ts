import { localeTag } from "./i18n.ts";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** The size of a file, as 1.4 MB. @param bytes its bytes */
export function fileSize(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const options: Intl.NumberFormatOptions = {
    ...{ style: "unit", unit: UNITS[power], unitDisplay: power === 0 ? "long" : "short" },
    maximumFractionDigits: power > 1 ? 1 : 0,
  };
  return new Intl.NumberFormat(localeTag(), options).format(bytes / 1000 ** power);
}

/** A part of a whole, as 40%. @param part from 0 to 1 */
export function percent(part: number): string {
  return new Intl.NumberFormat(localeTag(), { style: "percent" }).format(part);
}
