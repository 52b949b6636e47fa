ALTER TABLE `conversations` ADD `code` text;--> statement-breakpoint
-- SQLite takes no random default in ADD COLUMN; and the release before does not know of the column.
CREATE TRIGGER `conversations_give_code` AFTER INSERT ON `conversations` WHEN NEW.`code` IS NULL
BEGIN
	UPDATE `conversations` SET `code` = lower(hex(randomblob(16))) WHERE `id` = NEW.`id`;
END;--> statement-breakpoint
UPDATE `conversations` SET `code` = lower(hex(randomblob(16))) WHERE `code` IS NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `conversations_code` ON `conversations` (`code`);
