import { useUser } from "../state/use-people.ts";
import { Avatar } from "../ui/avatar.tsx";
import { useName } from "./links.tsx";

/** The picture of a user in a row. @param id null: the row is about no user, but about what is called so */
export function Face({ id, name }: { id: number | null; name: string }) {
  return id === null ? <Avatar id={0} name={name} picture="" /> : <UserFace id={id} />;
}

function UserFace({ id }: { id: number }) {
  const user = useUser(id);
  return <Avatar id={id} name={useName(id)} picture={user?.avatar ?? ""} />;
}
