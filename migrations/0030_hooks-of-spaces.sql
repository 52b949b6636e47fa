ALTER TABLE `user_events` ADD `space_id` integer;--> statement-breakpoint
ALTER TABLE `user_events` ADD `role_id` integer;--> statement-breakpoint
-- drizzle-kit knows no triggers. Without a hook that is told of users they write nothing.
CREATE TRIGGER `spaces_tell_created` AFTER INSERT ON `spaces`
WHEN EXISTS (SELECT 1 FROM `hooks` WHERE `state` IN ('active', 'disabled') AND `conversations` IS NULL)
BEGIN
	INSERT INTO `user_events` (`user_id`, `type`, `at`, `space_id`)
	VALUES (0, 'space.created', CAST(unixepoch('subsec') * 1000 AS INTEGER), NEW.`id`);
END;--> statement-breakpoint
CREATE TRIGGER `spaces_tell_changed`
AFTER UPDATE OF `name`, `avatar`, `description`, `owner_id`, `everyone` ON `spaces`
WHEN NEW.`dissolved_at` IS NULL
	AND (NEW.`name`, NEW.`avatar`, NEW.`description`, NEW.`owner_id`, NEW.`everyone`)
		IS NOT (OLD.`name`, OLD.`avatar`, OLD.`description`, OLD.`owner_id`, OLD.`everyone`)
	AND EXISTS (SELECT 1 FROM `hooks` WHERE `state` IN ('active', 'disabled') AND `conversations` IS NULL)
BEGIN
	INSERT INTO `user_events` (`user_id`, `type`, `at`, `space_id`)
	VALUES (0, 'space.changed', CAST(unixepoch('subsec') * 1000 AS INTEGER), NEW.`id`);
END;--> statement-breakpoint
CREATE TRIGGER `spaces_tell_dissolved` AFTER UPDATE OF `dissolved_at` ON `spaces`
WHEN OLD.`dissolved_at` IS NULL AND NEW.`dissolved_at` IS NOT NULL
	AND EXISTS (SELECT 1 FROM `hooks` WHERE `state` IN ('active', 'disabled') AND `conversations` IS NULL)
BEGIN
	INSERT INTO `user_events` (`user_id`, `type`, `at`, `space_id`)
	VALUES (0, 'space.dissolved', CAST(unixepoch('subsec') * 1000 AS INTEGER), NEW.`id`);
END;--> statement-breakpoint
CREATE TRIGGER `space_members_tell_joined` AFTER INSERT ON `space_members`
WHEN EXISTS (SELECT 1 FROM `hooks` WHERE `state` IN ('active', 'disabled') AND `conversations` IS NULL)
BEGIN
	INSERT INTO `user_events` (`user_id`, `type`, `at`, `space_id`)
	VALUES (NEW.`user_id`, 'space_member.joined', CAST(unixepoch('subsec') * 1000 AS INTEGER), NEW.`space_id`);
END;--> statement-breakpoint
CREATE TRIGGER `space_members_tell_left` AFTER DELETE ON `space_members`
WHEN EXISTS (SELECT 1 FROM `hooks` WHERE `state` IN ('active', 'disabled') AND `conversations` IS NULL)
BEGIN
	INSERT INTO `user_events` (`user_id`, `type`, `at`, `space_id`)
	VALUES (OLD.`user_id`, 'space_member.left', CAST(unixepoch('subsec') * 1000 AS INTEGER), OLD.`space_id`);
END;--> statement-breakpoint
-- Who leaves loses the roles behind the membership: that is no change of a member.
CREATE TRIGGER `space_member_roles_tell_given` AFTER INSERT ON `space_member_roles`
WHEN EXISTS (SELECT 1 FROM `hooks` WHERE `state` IN ('active', 'disabled') AND `conversations` IS NULL)
BEGIN
	INSERT INTO `user_events` (`user_id`, `type`, `at`, `space_id`)
	SELECT `user_id`, 'space_member.changed', CAST(unixepoch('subsec') * 1000 AS INTEGER), `space_id`
	FROM `space_members` WHERE `space_id` = NEW.`space_id` AND `user_id` = NEW.`user_id`;
END;--> statement-breakpoint
CREATE TRIGGER `space_member_roles_tell_taken` AFTER DELETE ON `space_member_roles`
WHEN EXISTS (SELECT 1 FROM `hooks` WHERE `state` IN ('active', 'disabled') AND `conversations` IS NULL)
BEGIN
	INSERT INTO `user_events` (`user_id`, `type`, `at`, `space_id`)
	SELECT `user_id`, 'space_member.changed', CAST(unixepoch('subsec') * 1000 AS INTEGER), `space_id`
	FROM `space_members` WHERE `space_id` = OLD.`space_id` AND `user_id` = OLD.`user_id`;
END;--> statement-breakpoint
CREATE TRIGGER `space_mutes_tell_made` AFTER INSERT ON `space_mutes`
WHEN EXISTS (SELECT 1 FROM `hooks` WHERE `state` IN ('active', 'disabled') AND `conversations` IS NULL)
BEGIN
	INSERT INTO `user_events` (`user_id`, `type`, `at`, `space_id`)
	SELECT `user_id`, 'space_member.changed', CAST(unixepoch('subsec') * 1000 AS INTEGER), `space_id`
	FROM `space_members` WHERE `space_id` = NEW.`space_id` AND `user_id` = NEW.`user_id`;
END;--> statement-breakpoint
CREATE TRIGGER `space_mutes_tell_changed` AFTER UPDATE OF `until` ON `space_mutes`
WHEN NEW.`until` <> OLD.`until`
	AND EXISTS (SELECT 1 FROM `hooks` WHERE `state` IN ('active', 'disabled') AND `conversations` IS NULL)
BEGIN
	INSERT INTO `user_events` (`user_id`, `type`, `at`, `space_id`)
	SELECT `user_id`, 'space_member.changed', CAST(unixepoch('subsec') * 1000 AS INTEGER), `space_id`
	FROM `space_members` WHERE `space_id` = NEW.`space_id` AND `user_id` = NEW.`user_id`;
END;--> statement-breakpoint
CREATE TRIGGER `space_roles_tell_created` AFTER INSERT ON `space_roles`
WHEN EXISTS (SELECT 1 FROM `hooks` WHERE `state` IN ('active', 'disabled') AND `conversations` IS NULL)
BEGIN
	INSERT INTO `user_events` (`user_id`, `type`, `external_id`, `at`, `space_id`, `role_id`)
	VALUES (0, 'role.created', NEW.`external_id`, CAST(unixepoch('subsec') * 1000 AS INTEGER), NEW.`space_id`, NEW.`id`);
END;--> statement-breakpoint
-- A new role moves all others: their positions are not told.
CREATE TRIGGER `space_roles_tell_changed`
AFTER UPDATE OF `name`, `color`, `permissions`, `mentionable`, `hoist` ON `space_roles`
WHEN (NEW.`name`, NEW.`color`, NEW.`permissions`, NEW.`mentionable`, NEW.`hoist`)
		IS NOT (OLD.`name`, OLD.`color`, OLD.`permissions`, OLD.`mentionable`, OLD.`hoist`)
	AND EXISTS (SELECT 1 FROM `hooks` WHERE `state` IN ('active', 'disabled') AND `conversations` IS NULL)
BEGIN
	INSERT INTO `user_events` (`user_id`, `type`, `external_id`, `at`, `space_id`, `role_id`)
	VALUES (0, 'role.changed', NEW.`external_id`, CAST(unixepoch('subsec') * 1000 AS INTEGER), NEW.`space_id`, NEW.`id`);
END;--> statement-breakpoint
CREATE TRIGGER `space_roles_tell_deleted` AFTER DELETE ON `space_roles`
WHEN EXISTS (SELECT 1 FROM `hooks` WHERE `state` IN ('active', 'disabled') AND `conversations` IS NULL)
BEGIN
	INSERT INTO `user_events` (`user_id`, `type`, `external_id`, `at`, `space_id`, `role_id`)
	VALUES (0, 'role.deleted', OLD.`external_id`, CAST(unixepoch('subsec') * 1000 AS INTEGER), OLD.`space_id`, OLD.`id`);
END;
