ALTER TABLE `users` ADD `shadowed_until` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `users_shadowed` ON `users` (`shadowed_until`) WHERE shadowed_until <> 0;