ALTER TABLE `user_events` ADD `report_id` integer;--> statement-breakpoint
-- drizzle-kit knows no triggers. Without a hook that is told of users it writes nothing.
CREATE TRIGGER `reports_tell_created` AFTER INSERT ON `reports`
WHEN EXISTS (SELECT 1 FROM `hooks` WHERE `state` IN ('active', 'disabled') AND `conversations` IS NULL)
BEGIN
	INSERT INTO `user_events` (`user_id`, `type`, `at`, `report_id`)
	VALUES (NEW.`reporter_id`, 'report.created', NEW.`created_at`, NEW.`id`);
END;