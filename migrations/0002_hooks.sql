CREATE TABLE `hook_failures` (
	`hook_id` text NOT NULL,
	`subject` text NOT NULL,
	`event_id` text NOT NULL,
	`type` text NOT NULL,
	`tries` integer NOT NULL,
	`status` integer,
	`error` text NOT NULL,
	`first_failed_at` integer NOT NULL,
	`failed_at` integer NOT NULL,
	`next_at` integer NOT NULL,
	PRIMARY KEY(`hook_id`, `subject`)
);
--> statement-breakpoint
CREATE TABLE `hooks` (
	`id` text PRIMARY KEY NOT NULL,
	`url` text NOT NULL,
	`events` text NOT NULL,
	`conversations` text,
	`secret` text NOT NULL,
	`former_secret` text,
	`former_until` integer DEFAULT 0 NOT NULL,
	`state` text DEFAULT 'active' NOT NULL,
	`gate` text,
	`created_at` integer NOT NULL,
	`active_since` integer NOT NULL,
	`last_success_at` integer
);
--> statement-breakpoint
CREATE INDEX `hooks_state` ON `hooks` (`state`);--> statement-breakpoint
CREATE TABLE `user_events` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`type` text NOT NULL,
	`external_id` text,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `user_events_at` ON `user_events` (`at`);
--> statement-breakpoint
-- drizzle-kit knows no triggers. Without a hook that is told of users they write nothing.
CREATE TRIGGER `users_tell_created` AFTER INSERT ON `users`
WHEN EXISTS (SELECT 1 FROM `hooks` WHERE `state` IN ('active', 'disabled') AND `conversations` IS NULL)
BEGIN
	INSERT INTO `user_events` (`user_id`, `type`, `external_id`, `at`)
	VALUES (NEW.`id`, 'user.created', NEW.`external_id`, CAST(unixepoch('subsec') * 1000 AS INTEGER));
END;--> statement-breakpoint
CREATE TRIGGER `users_tell_changed`
AFTER UPDATE OF `username`, `nickname`, `avatar`, `email`, `external_id`, `metadata`, `bot`, `suspended_until` ON `users`
WHEN NEW.`deleted_at` IS NULL
	AND (NEW.`username`, NEW.`nickname`, NEW.`avatar`, NEW.`email`, NEW.`external_id`, NEW.`metadata`, NEW.`bot`, NEW.`suspended_until`)
		IS NOT (OLD.`username`, OLD.`nickname`, OLD.`avatar`, OLD.`email`, OLD.`external_id`, OLD.`metadata`, OLD.`bot`, OLD.`suspended_until`)
	AND EXISTS (SELECT 1 FROM `hooks` WHERE `state` IN ('active', 'disabled') AND `conversations` IS NULL)
BEGIN
	INSERT INTO `user_events` (`user_id`, `type`, `external_id`, `at`)
	VALUES (NEW.`id`, 'user.changed', NEW.`external_id`, CAST(unixepoch('subsec') * 1000 AS INTEGER));
END;--> statement-breakpoint
CREATE TRIGGER `users_tell_deleted` AFTER UPDATE OF `deleted_at` ON `users`
WHEN OLD.`deleted_at` IS NULL AND NEW.`deleted_at` IS NOT NULL
	AND EXISTS (SELECT 1 FROM `hooks` WHERE `state` IN ('active', 'disabled') AND `conversations` IS NULL)
BEGIN
	INSERT INTO `user_events` (`user_id`, `type`, `external_id`, `at`)
	VALUES (NEW.`id`, 'user.deleted', OLD.`external_id`, CAST(unixepoch('subsec') * 1000 AS INTEGER));
END;
