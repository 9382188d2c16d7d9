"""Forms of people: invitations, memberships, accounts."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db.models import Q

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import ADMIN_ROLES, OWN_PEOPLE_ROLES, ROLES_OF, OrganisationKind, Permission, Role
from midun.kernel.orgs.models import Organisation, User
from midun.kernel.web.forms import FilterForm

_ASSIGNABLE = sorted((role for role in Role if role != Role.VISITOR), key=lambda role: role in ADMIN_ROLES)


def units_for(actor: Actor) -> Any:
    """Where the actor may give roles: the subtree, or the own enterprise."""
    known = Organisation.objects.visible_to(actor).active()
    if actor.may(Permission.GRANT_ROLES):
        return known.under(actor.path)
    return known.filter(pk=actor.organisation_id)


class UnitField(forms.CharField):
    """An organisation by its name or credit code: a text field with suggestions, for there may be thousands."""

    def __init__(self, actor: Actor, **kwargs: Any) -> None:
        self.actor = actor
        super().__init__(label="单位", max_length=120, **kwargs)
        self.widget.attrs.update({"list": "units", "autocomplete": "off"})

    def clean(self, value: Any) -> Any:
        """The organisation that the text names."""
        text = str(super().clean(value)).strip()
        found = list(units_for(self.actor).filter(Q(name=text) | Q(short_name=text) | Q(credit_code=text.upper()))[:2])
        if len(found) == 1:
            return found[0]
        if found:
            raise forms.ValidationError("有多个单位叫这个名称，请填写全称或统一社会信用代码")
        raise forms.ValidationError("本辖区内没有这个单位，请从提示中选择全称，或先由系统管理员、经办人建立")

    def suggestions(self) -> list[str]:
        """Names of the units, and of as many enterprises as a list can bear."""
        units = units_for(self.actor).exclude(kind=OrganisationKind.ENTERPRISE).order_by("jurisdiction__path")
        enterprises = units_for(self.actor).filter(kind=OrganisationKind.ENTERPRISE).order_by("name")[:200]
        return [*units.values_list("name", flat=True)[:500], *enterprises.values_list("name", flat=True)]


class _RoleInUnit(forms.Form):
    """A unit and a role that exists there and that the actor may give."""

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = not actor.may(Permission.GRANT_ROLES)
        roles = [role for role in _ASSIGNABLE if not own or role in OWN_PEOPLE_ROLES]
        self.fields["organisation"] = UnitField(actor)
        if own:
            self.fields["organisation"].initial = actor.organisation_name
            self.fields["organisation"].widget.attrs["readonly"] = True
        self.fields["role"] = forms.ChoiceField(
            label="角色", choices=[("", "请选择"), *((role.value, role.label) for role in roles)]
        )
        self.order_fields(["name", "username", "organisation", "role"])

    @property
    def suggestions(self) -> list[str]:
        """Units for the datalist."""
        field = self.fields["organisation"]
        return field.suggestions() if isinstance(field, UnitField) else []

    def clean(self) -> dict[str, Any]:
        """The role must exist in that kind of organisation."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        unit, role = data.get("organisation"), data.get("role")
        if unit and role and Role(role) not in ROLES_OF[unit.kind]:
            known = "、".join(r.label for r in _ASSIGNABLE if r in ROLES_OF[unit.kind])
            self.add_error("role", f"{unit.get_kind_display()}没有这个角色，可选：{known}")
        return data


class InviteForm(_RoleInUnit):
    """Inviting a person."""

    name = forms.CharField(label="姓名", max_length=40)
    email = forms.EmailField(label="电子邮箱", required=False, help_text="配置了邮件服务时，邀请链接会同时发到这里")
    phone = forms.CharField(label="手机", max_length=30, required=False)


class GrantForm(_RoleInUnit):
    """Giving a further role to somebody who has an account."""

    reason = forms.CharField(label="理由", max_length=500, required=False)


class ReasonedForm(forms.Form):
    """A reason for an act on an account."""

    reason = forms.CharField(max_length=500, error_messages={"required": "请填写理由"})


class JoinForm(forms.Form):
    """A newcomer chooses a login name and a password."""

    username = forms.CharField(
        label="登录名",
        max_length=60,
        min_length=3,
        validators=[UnicodeUsernameValidator()],
        help_text="3 个字以上，可用字母、数字、汉字和 @ . + - _，以后不能修改",
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label="密码",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="10 位以上，含大写字母、小写字母、数字、其他符号中的至少三种",
    )
    again = forms.CharField(
        label="再输一次密码", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, name: str, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._person = User(name=name, email=email)

    def clean_username(self) -> str:
        """Not taken, in any capitals."""
        username = str(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError("该登录名已被使用，请换一个")
        return username

    def clean(self) -> dict[str, Any]:
        """The password obeys the rules and was typed twice the same."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        password = data.get("password")
        if password:
            self._person.username = data.get("username", "")
            try:
                validate_password(password, self._person)
            except forms.ValidationError as wrong:
                self.add_error("password", wrong)
        if password and data.get("again") not in (None, password):
            self.add_error("again", "两次输入的密码不一致")
        return data


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # of User
    """What a person may change about themselves."""

    class Meta:
        model = User
        fields = ("title", "phone", "email")
        labels = {"email": "电子邮箱"}
        widgets = {"phone": forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"})}


class MemberFilter(FilterForm):
    """The query bar of people."""

    q = forms.CharField(label="姓名、登录名或单位", required=False)
    role = forms.ChoiceField(
        label="角色", required=False, choices=[("", "全部"), *((r.value, r.label) for r in _ASSIGNABLE)]
    )
    state = forms.ChoiceField(
        label="状态",
        required=False,
        choices=[("", "现任"), ("ended", "已终止"), ("disabled", "账号停用"), ("all", "全部")],
    )

    def apply(self, records: Any) -> Any:
        """As the others, but only current memberships unless asked otherwise."""
        records = super().apply(records)
        return records if self.cleaned_data.get("state") else records.current()

    def narrow(self, records: Any, name: str, value: Any) -> Any:
        """By words, role, state."""
        if name == "q":
            who = Q(user__name__icontains=value) | Q(user__username__icontains=value)
            unit = Q(organisation__name__icontains=value) | Q(organisation__short_name__icontains=value)
            return records.filter(who | unit)
        if name == "state":
            by = {
                "ended": Q(ended_at__isnull=False),
                "disabled": Q(user__is_active=False, ended_at__isnull=True),
                "all": Q(),
            }
            return records.filter(by[value])
        return super().narrow(records, name, value)
