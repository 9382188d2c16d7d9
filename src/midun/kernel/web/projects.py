"""The pages of an enterprise's own projects that are the same for all of them: begin one, give it another name."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from midun.kernel.orgs.models import Organisation, OwnProject
from midun.kernel.orgs.services import ProjectProblem, Stale, begin_project, rename_project
from midun.kernel.web.page import PageRequest


class ProjectForm(forms.Form):
    """The name of one."""

    title = forms.CharField(label="名称", max_length=80)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, initial=1)

    def __init__(self, *args: Any, example: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["title"].help_text = f"平台能看到这个名称。请用内部代号，如“{example}”，不要写出技术内容或客户名称"


class ProjectChoiceField(forms.ModelChoiceField):
    """A choice among the enterprise's own projects, by their titles (which `str` keeps to itself)."""

    def label_from_instance(self, obj: Any) -> str:
        """The title."""
        return str(obj.title)


@dataclass(frozen=True)
class ProjectPages:
    """The two pages of a kind of project: `home` is the address of the list, a project's own is `home` + its number."""

    model: type[OwnProject]
    home: str
    example: str

    def begin(self, request: PageRequest) -> HttpResponse:
        """Begin one."""
        form = ProjectForm(request.POST or None, example=self.example)
        if request.method == "POST" and form.is_valid():
            known = Organisation.objects.visible_to(request.actor)
            enterprise = get_object_or_404(known, pk=request.actor.organisation_id)
            title = form.cleaned_data["title"]
            try:
                made = begin_project(self.model, enterprise=enterprise, title=title, actor=request.actor, at=request.at)
            except ProjectProblem as problem:
                form.add_error("title", str(problem))
            else:
                return redirect(f"{self.home}{made.uuid}/")
        return self._shown(request, form, f"建立{self._kind}", self.home)

    def rename(self, request: PageRequest, found: OwnProject) -> HttpResponse:
        """Give it another name."""
        here = f"{self.home}{found.uuid}/"
        now = {"title": found.title, "version": found.version}
        form = ProjectForm(request.POST or None, initial=now, example=self.example)
        if request.method == "POST" and form.is_valid():
            title, version = form.cleaned_data["title"], form.cleaned_data["version"] or 0
            try:
                rename_project(found, title=title, version=version, actor=request.actor, at=request.at)
            except ProjectProblem as problem:
                form.add_error("title", str(problem))
            except Stale as stale:
                form.add_error(None, str(stale))
            else:
                return redirect(here)
        return self._shown(request, form, "更改名称", here)

    @property
    def _kind(self) -> str:
        return str(self.model._meta.verbose_name)

    def _shown(self, request: PageRequest, form: ProjectForm, title: str, back: str) -> HttpResponse:
        context = {"form": form, "title": title, "back": back, "kind": self._kind, "home": self.home}
        return render(request, "web/project_form.html", context)
