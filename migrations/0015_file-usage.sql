CREATE TABLE `file_usage` (
	`user_id` integer PRIMARY KEY NOT NULL,
	`bytes` integer NOT NULL
);
--> statement-breakpoint
INSERT INTO `file_usage` (`user_id`, `bytes`) SELECT `user_id`, sum(`size`) FROM `files` GROUP BY `user_id`;
--> statement-breakpoint
-- drizzle-kit knows no triggers. The size and the uploader of a file never change.
CREATE TRIGGER `files_count_new` AFTER INSERT ON `files`
BEGIN
	INSERT INTO `file_usage` (`user_id`, `bytes`) SELECT NEW.`user_id`, 0
		WHERE NOT EXISTS (SELECT 1 FROM `file_usage` WHERE `user_id` = NEW.`user_id`);
	UPDATE `file_usage` SET `bytes` = `bytes` + NEW.`size` WHERE `user_id` = NEW.`user_id`;
END;--> statement-breakpoint
CREATE TRIGGER `files_count_gone` AFTER DELETE ON `files`
BEGIN
	UPDATE `file_usage` SET `bytes` = `bytes` - OLD.`size` WHERE `user_id` = OLD.`user_id`;
END;
