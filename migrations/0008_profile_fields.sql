ALTER TABLE `users` ADD `message_settings` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `admin_forbid_type` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `level` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `role` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `details` text DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `updated_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `users_email` ON `users` (`email`) WHERE email <> '';