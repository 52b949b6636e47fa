/** The parts of the page for staff, in the order of their tabs. */
export const TABS = ["reports", "held", "rules", "users", "audit", "numbers"] as const;
/** A part of the page for staff. */
export type Tab = (typeof TABS)[number];

/** What the page for staff shows. */
export interface StaffPlace {
  tab: Tab;
  /** the report, the held message, the rule or the user that is shown; 0: none */
  id: number;
}

/** The address of a place behind `#/admin/`. */
export function placeText({ tab, id }: StaffPlace): string {
  return id ? `${tab}/${id}` : tab;
}

/** Reads such an address; what it does not know is the list of reports. */
export function parsePlace(text: string): StaffPlace {
  const [name, id = ""] = text.split("/");
  return {
    tab: TABS.find((one) => one === name) ?? "reports",
    id: /^[1-9]\d{0,15}$/.test(id) ? Number(id) : 0,
  };
}
