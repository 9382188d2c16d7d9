"""Of which log a witness's size is: a successor begins at nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("anchoring", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="anchorstate",
            name="known_log",
            field=models.PositiveIntegerField(default=0, verbose_name="已见证日志"),
        ),
    ]
