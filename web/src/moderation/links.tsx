import { href } from "../state/router.ts";
import { useNames } from "../state/use-names.ts";
import { placeText, type StaffPlace } from "./place.ts";

/** The address of a place of the page for staff. */
export function staffHref(place: StaffPlace): string {
  return href({ view: "admin", place: placeText(place) });
}

/** What a user is called, else their number. */
export function useName(id: number | null): string {
  return useNames(id ? [id] : []).get(id ?? 0) ?? `#${id}`;
}

/** A user by name, who leads to what staff is shown of them. */
export function UserLink({ id }: { id: number }) {
  const name = useName(id);
  return (
    <a href={staffHref({ tab: "users", id })}>
      <bdi>{name}</bdi>
    </a>
  );
}
