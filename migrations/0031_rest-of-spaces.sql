ALTER TABLE `space_categories` ADD `external_id` text;--> statement-breakpoint
CREATE UNIQUE INDEX `space_categories_external_id` ON `space_categories` (`space_id`,`external_id`);--> statement-breakpoint
ALTER TABLE `space_members` ADD `name_card` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `space_members` ADD `position` integer;--> statement-breakpoint
ALTER TABLE `space_members` ADD `notifications_muted_until` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `spaces` ADD `metadata` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `spaces` ADD `slow_mode_s` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `users_online_bots` ON `users` (`id`) WHERE bot = 1 AND online = 1;--> statement-breakpoint
UPDATE `space_categories` SET `external_id` = 'parley:g' || lower(hex(randomblob(16)));--> statement-breakpoint
DROP TRIGGER `spaces_tell_changed`;--> statement-breakpoint
CREATE TRIGGER `spaces_tell_changed`
AFTER UPDATE OF `name`, `avatar`, `description`, `owner_id`, `everyone`, `discoverable`, `metadata`, `slow_mode_s` ON `spaces`
WHEN NEW.`dissolved_at` IS NULL
	AND (NEW.`name`, NEW.`avatar`, NEW.`description`, NEW.`owner_id`, NEW.`everyone`, NEW.`discoverable`, NEW.`metadata`, NEW.`slow_mode_s`)
		IS NOT (OLD.`name`, OLD.`avatar`, OLD.`description`, OLD.`owner_id`, OLD.`everyone`, OLD.`discoverable`, OLD.`metadata`, OLD.`slow_mode_s`)
	AND EXISTS (SELECT 1 FROM `hooks` WHERE `state` IN ('active', 'disabled') AND `conversations` IS NULL)
BEGIN
	INSERT INTO `user_events` (`user_id`, `type`, `at`, `space_id`)
	VALUES (0, 'space.changed', CAST(unixepoch('subsec') * 1000 AS INTEGER), NEW.`id`);
END;
