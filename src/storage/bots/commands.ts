import { and, eq, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import type { Person } from "../../domain/accounts/person.ts";
import { Command } from "../../domain/bots/command.ts";
import type { UserId } from "../../domain/ids.ts";
import { PERSON } from "../columns.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { isAmong } from "../json-lists.ts";
import { botCommands, users } from "../schema.ts";

const Stored = z.array(Command);

/** Replaces the commands of a bot in one language; none: its row goes. @returns false: the user is no bot */
export async function storeCommands(
  db: Database,
  userId: UserId,
  language: string,
  commands: Command[],
): Promise<boolean> {
  const isBot = and(eq(users.id, userId), eq(users.bot, true), isNull(users.deletedAt));
  const json = JSON.stringify(commands);
  const [found] = await queryD1(
    db.batch([
      db.select({ id: users.id }).from(users).where(isBot),
      commands.length === 0
        ? db
            .delete(botCommands)
            .where(and(eq(botCommands.userId, userId), eq(botCommands.language, language)))
        : db
            .insert(botCommands)
            .select(
              sql`SELECT ${userId}, ${language}, ${json} WHERE EXISTS (SELECT 1 FROM users WHERE ${isBot})`,
            )
            .onConflictDoUpdate({
              target: [botCommands.userId, botCommands.language],
              set: { commands: sql`excluded.commands` },
            }),
    ]),
  );
  return found.length > 0;
}

/** The commands of a bot in exactly this language. */
export async function findCommands(db: Database, userId: UserId, language: string): Promise<Command[]> {
  const isHere = and(eq(botCommands.userId, userId), eq(botCommands.language, language));
  const [found] = await queryD1(
    db.select({ commands: botCommands.commands }).from(botCommands).where(isHere),
  );
  return found ? Stored.parse(JSON.parse(found.commands)) : [];
}

/** The commands of these bots in any of these languages. One query. */
export async function findCommandsOf(
  db: Database,
  ids: UserId[],
  languages: string[],
): Promise<{ bot: Person; language: string; commands: Command[] }[]> {
  const rows = await queryD1(
    db
      .select({ ...PERSON, language: botCommands.language, commands: botCommands.commands })
      .from(botCommands)
      .innerJoin(users, eq(users.id, botCommands.userId))
      .where(
        and(
          isAmong(botCommands.userId, ids),
          isAmong(botCommands.language, languages),
          isNull(users.deletedAt),
        ),
      ),
  );
  return rows.map(({ language, commands, ...bot }) => ({
    ...{ bot, language },
    commands: Stored.parse(JSON.parse(commands)),
  }));
}
